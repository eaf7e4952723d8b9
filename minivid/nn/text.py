"""Caption encoders with one interface: `(tokens, mask) -> one vector a word` (chapter 3)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


class TransformerEncoder(nn.Module):
    """Words that look at one another: embeddings, learned positions, pre-norm transformer layers."""

    def __init__(self, vocabulary: int, dim: int, layers: int = 1, heads: int = 4, longest: int = 32):
        super().__init__()
        self.word = nn.Embedding(vocabulary, dim)
        self.position = nn.Embedding(longest, dim)
        layer = nn.TransformerEncoderLayer(
            dim, heads, 4 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(dim), enable_nested_tensor=False)

    def forward(self, tokens: Int[Tensor, "b l"], mask: Bool[Tensor, "b l"]) -> Float[Tensor, "b l d"]:
        length, longest = tokens.shape[1], self.position.num_embeddings
        if length > longest:
            raise ValueError(
                f"a caption has {length} words, but this encoder was built for at most {longest}; build it with longest={length}."
            )
        x = self.word(tokens) + self.position.weight[:length]
        # a row without any word would be a softmax over nothing; its output is never looked at
        padding = ~mask & mask.any(dim=1, keepdim=True)
        return self.layers(x, src_key_padding_mask=padding)


class GRUEncoder(nn.Module):
    """Words read in order, forwards and backwards; padding is never read."""

    def __init__(self, vocabulary: int, dim: int):
        super().__init__()
        self.word = nn.Embedding(vocabulary, dim)
        self.gru = nn.GRU(dim, dim // 2, batch_first=True, bidirectional=True)

    def forward(self, tokens: Int[Tensor, "b l"], mask: Bool[Tensor, "b l"]) -> Float[Tensor, "b l d"]:
        lengths = mask.sum(1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(self.word(tokens), lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=tokens.shape[1]
        )
        return states


class FrozenEncoder(nn.Module):
    """A pretrained text model of `transformers` (CLIP's or T5's) that is not trained, and a learned projection to `dim`.

    The tokens are that model's own: `minivid.nn.text.pretrained(name, dim)` returns its tokenizer beside it.
    """

    def __init__(self, model: nn.Module, dim: int):
        super().__init__()
        self.model = model.requires_grad_(False).eval()
        self.project = nn.Linear(
            model.config.hidden_size if hasattr(model.config, "hidden_size") else model.config.d_model, dim
        )

    def train(self, mode: bool = True):
        super().train(mode)
        self.model.eval()  # frozen also means: no dropout
        return self

    def forward(self, tokens: Int[Tensor, "b l"], mask: Bool[Tensor, "b l"]) -> Float[Tensor, "b l d"]:
        with torch.no_grad():
            states = self.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        return self.project(states)


def pretrained(name: str, dim: int):
    """(tokenize, FrozenEncoder) of a CLIP or T5 text model by its hub name, for the gpu budget; needs `pip install minivid[gpu]`.

    `tokenize(texts)` gives (tokens `b l`, mask `b l`) as `minivid.data.captions.tokenize` does.
    """
    try:
        from transformers import AutoConfig, AutoTokenizer, CLIPTextModel, T5EncoderModel
    except ImportError as error:
        raise ImportError(
            "A pretrained text encoder needs the transformers package: pip install 'minivid[gpu]'."
        ) from error
    tokenizer = AutoTokenizer.from_pretrained(name)
    kind = T5EncoderModel if AutoConfig.from_pretrained(name).model_type == "t5" else CLIPTextModel

    def tokenize(texts: list[str]) -> tuple[Int[Tensor, "b l"], Bool[Tensor, "b l"]]:
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        return batch.input_ids, batch.attention_mask.bool()

    return tokenize, FrozenEncoder(kind.from_pretrained(name), dim)
