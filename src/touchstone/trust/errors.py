"""What can go wrong in trust; each class is one thing the caller can act on."""


class TrustError(Exception):
    """Root of all errors of this package."""


class SecondSignerNeeded(TrustError):
    """A resolution was signed twice by one person."""

    def __init__(self, username: str) -> None:
        self.username = username
        super().__init__(f"{username} has signed this resolution already; a second person has to sign it.")


class ResolutionClosed(TrustError):
    """A resolution that is signed by two, or withdrawn, cannot be signed any more."""

    def __init__(self, resolution_id: int, *, state: str) -> None:
        self.resolution_id, self.state = resolution_id, state
        super().__init__(f"Resolution {resolution_id} is {state}; record a new one instead.")


class StoryResolvedAlready(TrustError):
    """A story has at most one resolution that is not withdrawn."""

    def __init__(self, story_id: int, *, resolution_id: int) -> None:
        self.story_id, self.resolution_id = story_id, resolution_id
        super().__init__(f"Story {story_id} has resolution {resolution_id}; withdraw that one first.")


class EvidenceMissing(TrustError):
    """A resolution without evidence settles nothing."""

    def __init__(self, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(f"Say what settles story {story_id}: name documents or links in the field “evidence”.")


class NotAppointed(TrustError):
    """A reader cannot join the anchor panel."""

    def __init__(self, name: str, *, reason: str) -> None:
        self.name = name
        super().__init__(f"{name or 'This account'} cannot join the anchor panel: {reason}.")
