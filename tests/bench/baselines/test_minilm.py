"""The general sentence encoder: the graph computes the same as BERT in torch, and texts keep their order."""

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from loglm_bridge.bench.baselines import minilm
from loglm_bridge.bench.baselines.bert_graph import bert

HEADS, WIDTH, INNER, WORDS = 12, 24, 40, 50


def random_weights() -> dict[str, np.ndarray]:
    """Weights of a small encoder with the names of the real one."""
    rng = np.random.default_rng(5)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    out = {
        "embeddings.word_embeddings.weight": some(WORDS, WIDTH),
        "embeddings.position_embeddings.weight": some(256, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
    }
    shapes = {
        "attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER),
    }  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
        for part, shape in shapes.items():
            out |= {f"{name}.{part}.weight": some(*shape), f"{name}.{part}.bias": some(shape[0])}
    return out | {f"{name}.{part}": some(WIDTH) for name in norms for part in ("weight", "bias")}


def by_torch(weights: dict[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
    """The same in torch, for texts without padding."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional

    def of(name: str):
        return torch.tensor(weights[name])

    def dense(x, name: str):
        return functional.linear(x, of(f"{name}.weight"), of(f"{name}.bias"))

    def norm(x, name: str):
        return functional.layer_norm(x, (WIDTH,), of(f"{name}.weight"), of(f"{name}.bias"), 1e-12)

    def heads(x):
        return x.view(len(ids), -1, HEADS, WIDTH // HEADS).transpose(1, 2)

    x = of("embeddings.word_embeddings.weight")[torch.tensor(ids)]
    x = x + of("embeddings.position_embeddings.weight")[: ids.shape[1]]
    x = norm(x + of("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        query, key, value = (heads(dense(x, f"{name}.attention.self.{n}")) for n in ("query", "key", "value"))
        attended = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
        x = norm(dense(attended, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")
        inner = functional.gelu(dense(x, f"{name}.intermediate.dense"))
        x = norm(dense(inner, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
    mean = x.mean(dim=1)
    return (mean / mean.norm(dim=-1, keepdim=True)).numpy()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder like that of the package, with a small model."""
    folder = tmp_path_factory.mktemp("package")
    save_file(random_weights(), folder / "model.safetensors")
    words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *(f"w{i}" for i in range(WORDS - 2))])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_the_graph_computes_the_same_as_torch():
    weights, ids = random_weights(), np.arange(2, 32).reshape(3, 10)
    session = onnxruntime.InferenceSession(bert(weights).SerializeToString())
    vectors = session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0]
    assert np.abs(vectors - by_torch(weights, ids)).max() < 1e-5


def test_padding_does_not_change_a_vector():
    session = onnxruntime.InferenceSession(bert(random_weights()).SerializeToString())
    ids, padding = np.arange(2, 12).reshape(1, 10), np.zeros((1, 7), dtype=np.int64)
    alone = session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0]
    mask = np.hstack([np.ones_like(ids), padding])
    padded = session.run(None, {"ids": np.hstack([ids, padding]), "mask": mask})[0]
    assert np.abs(alone - padded).max() < 1e-5


def test_vectors_of_a_quantised_model_are_in_the_order_of_the_texts(package, tmp_path):
    encoder = minilm.MiniLM(package, tmp_path, threads=1)
    texts = [" ".join(f"w{j}" for j in range(i, i + 1 + i % 7)) for i in range(40)]
    vectors = encoder.encode(texts)
    assert vectors.shape == (40, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for i in (0, 13, 39):
        assert vectors[i] @ encoder.encode([texts[i]])[0] > 0.99
    assert [path.name for path in tmp_path.iterdir()] == ["minilm.int8.onnx"]
    assert encoder.rate(texts) > 0
