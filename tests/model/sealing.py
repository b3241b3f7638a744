"""Changed copies of sealed model folders."""

import shutil

from loglm_bridge.model.folder.model_folder import write_manifest


def with_file(sealed, tmp_path, name, data):
    """Return a copy of a model folder with one file replaced, sealed again."""
    folder = shutil.copytree(sealed, tmp_path / "model")
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    write_manifest(folder, "tiny", "0", {})
    return folder
