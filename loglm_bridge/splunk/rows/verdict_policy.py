"""What a search shows of a model's answer: the verdict under the user's threshold, and which techniques."""

from __future__ import annotations

from typing import Optional

from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Technique, Verdict

#: Confidence from which a technique is shown beside the most likely one. Confidences are calibrated: below it, nine of
#: ten such techniques are wrong, and analysts would investigate them in vain.
MIN_SHOWN_CONFIDENCE = 0.1


def apply_threshold(verdict: Verdict, threshold: Optional[float]) -> Optional[str]:
    """Return the effective verdict, one of VERDICTS; None where the model gave none.

    Without a threshold the model's calibrated decision stands. A threshold replaces the model's own for `malicious`
    only. A score that reaches it is malicious, whatever the model's verdict (also `unknown`: a high score is never
    hidden). A lower score that the model calls malicious is `suspicious`; all other verdicts stay.
    """
    if threshold is None or verdict.score is None or verdict.verdict is None:
        return verdict.verdict
    if verdict.score >= threshold:
        return "malicious"
    return "suspicious" if verdict.verdict == "malicious" else verdict.verdict


def omit_benign_techniques(threshold: Optional[float]) -> bool:
    """Return whether a request may omit the techniques of verdicts that the model does not flag (Options.brief).

    Not with a threshold: it may flag an event that the model does not, and then the techniques are shown.
    """
    return threshold is None


def shown_techniques(verdict: Verdict, effective: Optional[str]) -> tuple[Technique, ...]:
    """Return the techniques that a row with the verdict `effective` shows, most likely first.

    The model ranks techniques for every event, also for ordinary ones. A benign or unknown row shows none, so that
    `stats count by loglm_technique_id` counts attacks. A malicious or suspicious row shows its most likely technique
    and those with a confidence of at least MIN_SHOWN_CONFIDENCE.
    """
    if effective not in FLAGGED_VERDICTS:
        return ()
    return verdict.techniques[:1] + tuple([t for t in verdict.techniques[1:] if t.confidence >= MIN_SHOWN_CONFIDENCE])
