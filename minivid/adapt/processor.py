"""The same policies in Stable Diffusion: diffusers' attention asks whose keys a frame looks at (chapter 7; tests/oracles/test_processor.py).

    unet.set_attn_processor(LookingAt(keys.first_frame, frames=8))

No forward is replaced: an attention processor is diffusers' own place for this.
"""

from torch import Tensor, nn

from minivid.nn.attention import keys


class LookingAt:
    """diffusers' attention, but that self-attention takes keys and values from the frames that `policy` names; a caption's as before.

    The network's batch must be `(b t)`, a clip's frames next to each other, as diffusers' pipelines put them, guided or not: the
    processor sees no clips, only `frames`. Raises ValueError for a batch that is no whole number of clips (else it would mix clips in
    silence), and for attention that normalizes within the processor, where the keys are not those that it is given.
    """

    def __init__(self, policy: keys.Keys, frames: int):
        from diffusers.models.attention_processor import AttnProcessor2_0

        self.policy, self.frames, self.plain = policy, frames, AttnProcessor2_0()

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> Tensor:
        if encoder_hidden_states is None:
            if len(hidden_states) % self.frames:
                raise ValueError(
                    f"the batch has {len(hidden_states)} pictures, which are no whole number of clips of {self.frames} frames: "
                    "make the processor for the frames that the network is given."
                )
            if attn.group_norm is not None or attn.spatial_norm is not None or hidden_states.ndim != 3:
                raise ValueError(
                    "this attention has a norm of its own before its keys (as a VAE's has); the policies are for those of a "
                    "transformer block, which are given rows (b t) n c."
                )
            encoder_hidden_states = self.policy(hidden_states, self.frames)
        return self.plain(attn, hidden_states, encoder_hidden_states, attention_mask)
