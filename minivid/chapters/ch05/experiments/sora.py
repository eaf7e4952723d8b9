"""What is known of Sora's architecture, and what is inferred: a table with sources."""

REPORT = "Brooks et al. 2024, Video generation models as world simulators"
SORA = f"""\
| | said in the report | said by nobody who built it |
|---|---|---|
| network | "Sora is a diffusion transformer" | layers, width, number of weights |
| tokens | spacetime patches of a latent that is compressed in time and space | the size of a patch, the factor of compression |
| attention | | full, factorized or windowed: Open-Sora and Latte chose space, then time; later open models, full |
| sizes | trained and sampled at native lengths, resolutions and aspect ratios; framing was better than with squared crops | how: packing as in NaViT is what Liu et al. 2024 infer |
| what it predicts | "predict the original 'clean' patches" from noisy ones | the schedule, the loss (x, v or a flow), guidance |
| captions | a captioner re-describes all training videos (as for DALL·E 3); GPT lengthens what users write | the text encoder, and how tokens read it |
| compute | three samples of one seed at 1×, 4× and 32× the compute, without units | data, hours, hardware |

Sources: {REPORT} (OpenAI's technical report, which says itself that model and implementation details are not included); Liu et al. 2024, *Sora: A Review on
Background, Technology, Limitations, and Opportunities of Large Vision Models*, for what is inferred; Dehghani et al. 2023, *Patch n' Pack: NaViT*; Ma et al. 2024, *Latte*; the code of Open-Sora (hpcaitech).
"""
"""Markdown."""
