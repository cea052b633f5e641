"""The demo newsroom's files keep their form, and their pictures stay the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from touchstone.stories.demo.pictures import MOTIFS, draw_picture
from touchstone.stories.demo.texts import PicturePlan, read_newsroom, read_stories, read_story
from touchstone.stories.errors import DemoTextUnreadable

HEAD = """+++
section = "Technology"
authors = ["A"]
hours_ago = 2
standfirst = "S."
picture = { motif = "rings", seed = 1, caption = "C", description = "D" }
%s+++
"""


def write_file(folder: Path, text: str, head: str = "") -> Path:
    file = folder / "a-story.md"
    file.write_text(HEAD % head + text, encoding="utf-8")
    return file


def test_a_file_becomes_a_story(tmp_path: Path) -> None:
    text = """# Head & line

First *soft* and **hard** [link](https://a.example/?b=1&c=2) <i>.

## Sub

- one
- two

> Said
> — Her, at home

[chart BTC 7]

[sponsor harbour]

[figure waves 3 | Cap | Desc]

# What this means

It means.

# Questions

## Why?

So.

Really.

## When?

Now.

# Sources

- Title | note | https://s.example/
- Other
"""
    (story,) = read_story(write_file(tmp_path, text))
    assert story.headline == "Head & line"
    assert story.body == [
        (
            "paragraph",
            '<p>First <i>soft</i> and <b>hard</b> <a href="https://a.example/?b=1&amp;c=2">link</a> &lt;i&gt;.</p>',
        ),
        ("subhead", "Sub"),
        ("paragraph", "<ul><li>one</li><li>two</li></ul>"),
        ("quote", {"quote": "Said", "speaker": "Her, at home"}),
        ("price_chart", {"instrument": "BTC", "days": 7}),
        ("sponsor_slot", "harbour"),
        ("figure", PicturePlan("waves", 3, "Cap", "Desc")),
    ]
    assert story.what_this_means == [("paragraph", "<p>It means.</p>")]
    assert story.questions == [("Why?", "<p>So.</p><p>Really.</p>"), ("When?", "<p>Now.</p>")]
    assert story.sources == [
        {"title": "Title", "note": "note", "link": "https://s.example/"},
        {"title": "Other", "note": "", "link": ""},
    ]


def test_corrections_give_the_earlier_wordings_in_order(tmp_path: Path) -> None:
    head = "".join(
        f'[[corrections]]\nhours_ago = {ago}\nwas = "{was}"\nnow = "{now}"\ntext = "T"\n'
        for ago, was, now in [(9, "one", "two"), (5, "red", "blue")]
    )
    wordings = read_story(write_file(tmp_path, "# H\n\ntwo blue\n", head))
    assert [wording.body[0][1] for wording in wordings] == ["<p>one red</p>", "<p>two red</p>", "<p>two blue</p>"]


@pytest.mark.parametrize(
    ("text", "head", "problem"),
    [
        ("# H\n\n# Nonsense\n\nx", "", "Nonsense"),
        ("# H\n\nx", 'hours_ago = "late"\n', "TOMLDecodeError"),
        ("# H\n\nx", '[[corrections]]\nhours_ago = 1\nwas = "a"\nnow = "absent"\ntext = "t"\n', "exactly once"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path: Path, text: str, head: str, problem: str) -> None:
    with pytest.raises(DemoTextUnreadable, match=rf"a-story\.md.*{problem}"):
        read_story(write_file(tmp_path, text, head))


def test_the_demo_newsroom_is_as_large_as_it_should_be() -> None:
    stories = [wordings[-1] for wordings in read_stories()]
    authors = {author["name"] for author in read_newsroom()["authors"]}
    assert len(stories) >= 24
    assert len(Counter(story.section for story in stories)) >= 5
    assert len(authors) >= 4
    assert {name for story in stories for name in story.authors} == authors
    assert all(len(story.questions) == 2 and story.what_this_means and story.sources for story in stories)
    assert sum(bool(story.corrections) for story in stories) >= 2


def test_the_lead_story_has_sixteen_votes_of_which_fifteen_say_real() -> None:
    lead = next(w[-1] for w in read_stories() if w[-1].slug == "open-weight-models-answer-us-access-rules")
    assert (lead.votes.real, lead.votes.fake, lead.votes.last_ago.total_seconds()) == (15, 1, 3 * 3600)
    assert (lead.section, len(lead.questions), lead.breaking_for is not None) == ("Technology", 2, True)


@pytest.mark.parametrize("motif", MOTIFS)
def test_the_same_seed_draws_the_same_picture(motif: str) -> None:
    first = draw_picture(motif, 1)
    assert first[:3] == b"\xff\xd8\xff"
    assert draw_picture(motif, 1) == first != draw_picture(motif, 2)
