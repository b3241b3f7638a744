"""What of a model's answer a search shows: the verdict under the searcher's threshold, and which techniques."""

from __future__ import annotations

from typing import Optional

from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Technique, Verdict

#: Confidence from which a technique is shown beside the most likely one. Confidences are calibrated: below this, nine
#: of ten such calls are wrong, and an analyst would chase them.
SHOWN_CONFIDENCE = 0.1


def decide(verdict: Verdict, threshold: Optional[float]) -> Optional[str]:
    """Return the verdict's word, None where the model gave none.

    Without a threshold the model's calibrated decision stands. A threshold replaces the model's own for `malicious`
    and nothing else: a score that reaches it is malicious, whatever the model said (also `unknown`: a high score is
    never hidden); one below it that the model calls malicious is `suspicious`; all other words stay.
    """
    if threshold is None or verdict.score is None or verdict.verdict is None:
        return verdict.verdict
    if verdict.score >= threshold:
        return "malicious"
    return "suspicious" if verdict.verdict == "malicious" else verdict.verdict


def brief(threshold: Optional[float]) -> bool:
    """Return whether all techniques that can be shown are those of the model's own alarms (Options.brief).

    A threshold makes alarms of other verdicts.
    """
    return threshold is None


def shown_techniques(verdict: Verdict, word: Optional[str]) -> tuple[Technique, ...]:
    """Return the techniques that a row with the verdict `word` shows, most likely first.

    The model ranks techniques for every event, also for the most ordinary. A benign or unknown row shows none, so that
    `stats count by loglm_technique_id` counts attacks; a malicious or suspicious one shows its most likely technique
    and those of at least SHOWN_CONFIDENCE.
    """
    if word not in FLAGGED_VERDICTS:
        return ()
    return verdict.techniques[:1] + tuple([t for t in verdict.techniques[1:] if t.confidence >= SHOWN_CONFIDENCE])
