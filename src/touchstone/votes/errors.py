"""What can go wrong in votes; each class is one thing the caller can act on."""

from __future__ import annotations


class VotesError(Exception):
    """Root of all errors of this package."""


class VoteRefused(VotesError):
    """A vote that is not counted; carries what an HTTP answer needs."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str | None = None, retry_after_s: int | None = None
    ) -> None:
        self.status, self.code, self.message, self.field, self.retry_after_s = (
            status,
            code,
            message,
            field,
            retry_after_s,
        )
        super().__init__(message)


class UnknownStory(VoteRefused):
    """No published story has that number."""

    def __init__(self, story: object) -> None:
        message = f"There is no published story {str(story)[:20]}; GET /api/v1/stories lists those there are."
        super().__init__(404, "unknown_story", message, field="story_id")


class NotADemoStory(VotesError):
    """Votes of the past may be written on demo stories only."""

    def __init__(self, story: int) -> None:
        self.story = story
        super().__init__(f"Story {story} is no demo story: its votes have to come from readers.")


class VotingClosed(VoteRefused):
    """The story takes no votes any more."""

    def __init__(self, story: int) -> None:
        super().__init__(409, "voting_closed", f"Voting on story {story} is closed; its figures stay as they are.")


class StoryChanged(VoteRefused):
    """The story was corrected after the reader had loaded it."""

    def __init__(self, story: int) -> None:
        message = f"Story {story} was changed since you read it: load it again and vote on what it says now."
        super().__init__(409, "story_changed", message, field="version")


class NonceUsed(VoteRefused):
    """The one-time token has been used for another vote."""

    def __init__(self) -> None:
        message = "This token was used already: fetch a new one from vote-token and send the vote again."
        super().__init__(409, "nonce_used", message, field="nonce")


class KeyTaken(VoteRefused):
    """The idempotency key has been used for a different vote."""

    def __init__(self) -> None:
        message = "This Idempotency-Key was used for a different vote: make a new key for each new vote."
        super().__init__(409, "key_taken", message, field="Idempotency-Key")


class ReaderClaimed(VoteRefused):
    """An anonymous key that has become part of an account; the account votes now."""

    def __init__(self) -> None:
        message = "This reader has an account now: sign in to vote, or fetch a new token to vote without it."
        super().__init__(403, "reader_claimed", message)


class BadReaderKey(VoteRefused):
    """The reader's cookie was not made by this site."""

    def __init__(self) -> None:
        message = (
            "Your reader cookie was not made by this site and has been replaced: fetch a new token and vote again."
        )
        super().__init__(403, "bad_reader_key", message)


class NonceMissing(VoteRefused):
    """There is no one-time token in the request."""

    def __init__(self) -> None:
        message = "The vote has no token: fetch one from vote-token and send it as `nonce`."
        super().__init__(403, "nonce_missing", message, field="nonce")


class NonceForged(VoteRefused):
    """The one-time token was not made by this site, or for another reader or story."""

    def __init__(self) -> None:
        message = "The token was not made for this reader and story: fetch one from vote-token and send the vote again."
        super().__init__(403, "nonce_forged", message, field="nonce")


class NonceStale(VoteRefused):
    """The one-time token is too old."""

    def __init__(self) -> None:
        message = "The token is too old: fetch a new one from vote-token and send the vote again."
        super().__init__(403, "nonce_stale", message, field="nonce")


class WorkMissing(VoteRefused):
    """The proof of work is absent or wrong."""

    def __init__(self) -> None:
        message = "The proof of work is missing or wrong: find the number that vote-token's challenge asks for."
        super().__init__(403, "work_missing", message, field="solution")


class CrossSite(VoteRefused):
    """The request came from another site's page."""

    def __init__(self) -> None:
        super().__init__(403, "cross_site", "Votes are taken from this site's own pages only.", field="Origin")


class LooksAutomated(VoteRefused):
    """A field that people never see was filled in."""

    def __init__(self) -> None:
        message = "A field that has to stay empty was filled in; if you are a person, load the page again and vote."
        super().__init__(422, "looks_automated", message, field="website")


class BadRequest(VoteRefused):
    """The request cannot be read at all."""

    def __init__(self, code: str, message: str, *, status: int = 400, field: str | None = None) -> None:
        super().__init__(status, code, message, field=field)


class BadSignature(VoteRefused):
    """The reader's own signature does not fit the vote."""

    def __init__(self) -> None:
        message = "The signature does not fit this vote: sign the text in docs/reference/voting-api.md, or send no key."
        super().__init__(422, "bad_signature", message, field="signature")


class TooManyVotes(VoteRefused):
    """The reader or the address is over its quota."""

    def __init__(self, *, retry_after_s: int, of: str) -> None:
        message = f"Too many votes from this {of}: try again in {retry_after_s} s."
        super().__init__(429, "too_many_votes", message, retry_after_s=retry_after_s)


class StoreUnavailable(VoteRefused):
    """The database cannot take votes just now; nothing was recorded."""

    def __init__(self) -> None:
        message = "The vote could not be stored and was not counted: send it again in a moment with the same key."
        super().__init__(503, "store_unavailable", message, retry_after_s=2)


class BoothClosed(StoreUnavailable):
    """The process is shutting down."""
