"""The model: a verified folder, tokenizer, encoder, heads, context. Events in, verdicts out; no HTTP.

An event passes event_batch (parsing), classifier (its own outcome), context (its window) and flow (flows only);
labeller.py combines them.
"""

from loglm_bridge.model.registry import default_folder

__all__ = ["default_folder"]
