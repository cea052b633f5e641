"""Voting without scripts, tokens for signed-in readers, and a reader's own pages."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from touchstone.stories.models import StoryPage
from touchstone.votes import actions, queries
from touchstone.votes.ballots import Answer, Ballot
from touchstone.votes.bearers import Bearer, address_of, anonymous_bearer, bearer_of, known_reader
from touchstone.votes.booth.door import COOKIE, FRESH_COOKIE, token_json, unclaimed
from touchstone.votes.booth.house import this_house
from touchstone.votes.booth.tokens import issue_nonce, read_nonce
from touchstone.votes.errors import LooksAutomated, VoteRefused
from touchstone.votes.forms import VoteForm

FRESH_FOR_S = 60
VOTES_A_PAGE = 50


@require_safe
@never_cache
def vote_token(request: HttpRequest, story_id: int) -> JsonResponse:
    """A one-time token for a signed-in reader; the edge answers all others itself."""
    try:
        quotas = this_house().door.quotas
        quotas.tokens_of_address.take(quotas.address(address_of(request)), now_s=time.time())
        bearer, answer = _standing(bearer_of(request), story_id)
        work = 0 if bearer.is_account else settings.VOTE_WORK
        nonce = issue_nonce(
            reader=bearer.reader,
            answer=answer,
            cookie=bearer.cookie,
            now_s=int(time.time()),
            door=bearer.door("script"),
            work=work,
        )
    except VoteRefused as err:
        return _refusal(err)
    response = JsonResponse(token_json(nonce, answer))
    bearer.keep_cookie(response)
    return response


@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote_form(request: HttpRequest, story_id: int) -> HttpResponse:
    """Vote, change or take back a vote without scripts: ask once more, then record and go back to the story."""
    story = get_object_or_404(StoryPage.objects.live(), pk=story_id)
    try:
        if request.method == "POST":
            return _record(request, story, bearer_of(request))
        return _ask(request, story)
    except VoteRefused as err:
        return _ask_again(request, story, err)


def _ask(request: HttpRequest, story: StoryPage) -> HttpResponse:
    bearer, answer = _standing(bearer_of(request), story.pk)
    nonce = issue_nonce(
        reader=bearer.reader,
        answer=answer,
        cookie=bearer.cookie,
        now_s=int(time.time()),
        door=bearer.door("form"),
        work=0,
    )
    chosen = request.GET.get("choice", "")
    form = VoteForm(initial={"choice": chosen if chosen in {"real", "fake", "none"} else "", "nonce": nonce.write()})
    response = render(request, "votes/confirm.html", _shown(story, form, answer))
    bearer.keep_cookie(response)
    return response


def _record(request: HttpRequest, story: StoryPage, bearer: Bearer) -> HttpResponse:
    form = VoteForm(request.POST)
    if not form.is_valid():
        message = "Choose Real or Fake, or take your vote back."
        raise VoteRefused(422, "bad_vote", message, field="choice")
    if form.cleaned_data["website"]:
        raise LooksAutomated
    nonce = read_nonce(form.cleaned_data["nonce"], now_s=int(time.time()))
    bearer.require(nonce, story=story.pk)
    nonce.check_work(None)
    _take_quotas(request, bearer)
    choice = {"real": "real", "fake": "fake", "none": None}[form.cleaned_data["choice"]]
    actions.count_ballot(
        Ballot(
            key=nonce.id.hex(),
            nonce=nonce.id.hex(),
            reader=nonce.reader.hex(),
            story=nonce.story,
            version=nonce.version,
            choice=choice,  # type: ignore[arg-type]
            at_ms=int(time.time() * 1000),
            door=nonce.door,
        )
    )
    response = HttpResponseRedirect(f"{story.url}#trust")
    # For a minute this reader's copy of the story comes from Django, with the vote in it.
    response.set_cookie(FRESH_COOKIE, "1", max_age=FRESH_FOR_S, path=story.url, httponly=True, samesite="Lax")
    return response


def _take_quotas(request: HttpRequest, bearer: Bearer) -> None:
    quotas, now_s = this_house().door.quotas, time.time()
    quotas.votes_of_reader.take(bearer.reader.bytes, now_s=now_s)
    of_address = quotas.votes_of_address if bearer.is_account else quotas.forms_of_address
    of_address.take(quotas.address(address_of(request)), now_s=now_s)


def _ask_again(request: HttpRequest, story: StoryPage, err: VoteRefused) -> HttpResponse:
    has_cookie = COOKIE in request.COOKIES or request.user.is_authenticated
    shown = {"story": story, "problem": err, "needs_cookie": request.method == "POST" and not has_cookie}
    response = render(request, "votes/refused.html", shown, status=err.status)
    if err.retry_after_s is not None:
        response["Retry-After"] = str(err.retry_after_s)
    return response


def _shown(story: StoryPage, form: VoteForm, answer: Answer) -> dict[str, Any]:
    return {"story": story, "form": form, "standing": answer.choice, "version": answer.number}


def _standing(bearer: Bearer, story: int) -> tuple[Bearer, Answer]:
    """Who votes and how the vote stands; a key that an account has claimed gives way to a new one."""
    answer = queries.standing(bearer.reader, story)
    if bearer.carried is None:
        return bearer, answer
    carried, answer = unclaimed(bearer.carried, answer)
    return anonymous_bearer(carried), answer


def _refusal(err: VoteRefused) -> JsonResponse:
    members = {"code": err.code, "message": err.message, "field": err.field}
    headers = {} if err.retry_after_s is None else {"Retry-After": str(err.retry_after_s)}
    return JsonResponse({"error": members}, status=err.status, headers=headers)


@require_safe
@never_cache
def own_votes(request: HttpRequest) -> HttpResponse:
    """All of a reader's votes with their receipts: of the account, or of this browser's key."""
    reader = known_reader(request)
    now = timezone.now()
    votes = queries.own_votes(reader, at=now) if reader else []
    record = queries.own_record(reader, at=now) if reader else None
    page = Paginator(votes, VOTES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "votes/own.html", {"reader": reader, "record": record, "page": page})


@require_safe
@never_cache
def own_receipt(request: HttpRequest, event: UUID) -> HttpResponse:
    """A receipt with the half that only its reader may see: their pseudonym, key and signature."""
    reader = known_reader(request)
    found = queries.own_receipt(reader, event) if reader else None
    if found is None or found.content is None:
        raise Http404("This browser has no recorded vote under that reference.")
    name = f"entry-{found.number}-of-{found.log_name}-with-signature.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.content, content_type="text/plain; charset=utf-8", headers=headers)


@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Delete the account, or this browser's key, with all its votes; asks first."""
    reader = known_reader(request)
    if request.method != "POST":
        return render(request, "votes/erase.html", {"reader": reader})
    if request.POST.get("sure") != "yes":
        return render(request, "votes/erase.html", {"reader": reader, "is_unsure": True}, status=422)
    user = request.user if request.user.is_authenticated else None
    if reader is not None:
        actions.erase_reader(reader, at=timezone.now())
    elif user is not None:
        user.delete()
    logout(request)
    response = render(request, "votes/erased.html", {"was_account": user is not None})
    response.delete_cookie(COOKIE)
    return response
