"""The model at work: a verified folder, tokenizer, encoder, heads. Text in, verdict out; no HTTP."""

from loglm_bridge.model.registry import default_folder

__all__ = ["default_folder"]
