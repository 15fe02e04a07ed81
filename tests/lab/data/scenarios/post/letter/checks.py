"""What must hold after each step."""

from lab.scenario import Check, Evidence, Verdict


def _count(evidence: Evidence, what: str) -> int:
    return sum(fact.what == what for fact in evidence.facts)


def _sent(evidence: Evidence) -> Verdict:
    return Verdict(
        _count(evidence, "post.sent") == 1, "1 letter sent", f"{_count(evidence, 'post.sent')} sent"
    )


def _delivered(evidence: Evidence) -> Verdict:
    count = _count(evidence, "post.delivered")
    return Verdict(count == 1, "1 letter delivered", f"{count} delivered")


def _gave_up(evidence: Evidence) -> Verdict:
    count = _count(evidence, "post.lost")
    return Verdict(count == 3, "3 attempts", f"{count} attempts")


SEND_CHECKS = (
    Check("sent", 2, _sent, "Nothing arrives that was not sent.", "Put a stamp on it."),
    Check("delivered", 1, _delivered, "A letter is for reading.", "Ask the postman."),
)
LOSE_CHECKS = (Check("gave up", 3, _gave_up, "Endless attempts cost money.", "Set attempts to 3."),)
