"""What the page says around its tables."""

OPENING = """\
# The phantom study

How far each method is from the truth, on curves whose truth is known. This page, its tables and
its figure are written by

```sh
make study
```

which ends with an error if a bar at the end of the page fails that is not named there as missed.
Every random number is seeded.

![Six panels: error of flow by noise and TR, flow found against true flow, bias by transit time, \
error of the delay](study.png)

*a-c: relative error of flow after the one factor that suits a method best; only the shape of the
curves matters there. d: flow as it is found. e: its bias. f: the delay.*

## What was simulated

- **Artery**: a first pass, t³ exp(−t/1.6 s), with a peak of 100 1/s, noise-free: the study
  measures the deconvolution, not the choice of the AIF. It arrives 24 s after the start, at four
  places between two samples, because the methods feel where the samples fall.
- **Tissue**: residue functions exponential, linear, box and gamma (one minus the distribution of
  a gamma-distributed transit time of shape 3); MTT 3 to 12 s in steps of 1.5 s; delays drawn from
  −2 to +6 s, not in whole samples. Curves are convolved on a grid of 0.05 s and only then sampled
  at TR 1, 1.5 or 2 s for 120 s, at least 94 s of them after the artery's arrival: no method meets
  its own matrix.
- **Brain mix**: CBV 2, 4 and 6 mL/100g, which makes CBF 10 to 120 mL/100g/min and peaks from
  about 1 (CBV 2, MTT 12 s) to 8 1/s (CBV 6, MTT 3 s); white matter has about 4, grey about 8.
- **Even mix**: the same curves scaled to one peak, 4, 8 or 12 1/s, so that the SNR means the same
  for every voxel. At TE 30 ms, 12 1/s is a fall of the signal by 30 %.
- **Noise**: Rician, on S = S0 exp(−TE ΔR2\\*) with TE 30 ms; SNR is S0 over the noise's standard
  deviation. S0 is the mean of the 11 volumes or more before 22 s. No volume of noise was smoothed
  away: a filter or a larger voxel moves a scan up by a row.
- **Methods** with their defaults and, for cSVD, also 0.1. Curves are float32, as in practice.

## Tables

Errors are found minus true: in % of the truth for CBF and CBV, in s for the others. Voxels without
an answer (NaN) are left out; all others count, also those that the quality mask rejects ("accepted"
is what it keeps). Tmax is measured against the lag at which the residue is largest: for a residue
that decays that is the delay; for a box, which is flat, the beginning of its top. "Scaled" is the
RMSE of CBF after the one factor for all voxels that makes it smallest. TR 1, 1.5 and 2 s are
pooled unless the table says otherwise."""

READING = {
    "Brain mix, noise-free": """\
CBV is a ratio of areas and needs no deconvolution. The SVD methods underestimate flow by design:
the truncation cuts off the sharp edge of the residue. Tikhonov, which adapts, overshoots instead.
Tmax is late by 2 to 3.3 s in every method, because the peak of a smoothed residue lies behind its
edge; the delay reads the edge itself.""",
    "Brain mix, SNR 20": """\
More than half of these voxels hold no bolus that stands out of the noise, and the quality mask says
so. What
a method does with them is its character: cSVD at 0.1 answers with noise and calls it flow,
Tikhonov answers with too little flow and hence a long MTT. Every CBV integrates the noise of 120 s:
its RMSE is that of the window, not of a method. Read a map at this SNR only where the mask
stands, or filter the scan first.""",
    "Residues, noise-free": """\
No truncation is right for all residues: what suits a box underestimates an exponential. "Within
10 % of the truth" would be a test of the residue that was chosen.""",
    "Delay": """\
The even mix of 12 1/s without the gamma residue: the mix under which the tabled figures come out.
sSVD has no lag before the artery; most of its error comes from there.""",
    "Flow": """\
The same mix. "Best oSVD" is the cap (0.05 to 0.95) and the limit of the oscillation index
(0.005 to 1) that turn out best for this TR and SNR: nobody can choose them before the truth is
known. From SNR 50 on Tikhonov comes close to it without a parameter, and so does a cSVD that is
fixed at 0.1; at SNR 20 both are a little worse than cSVD or oSVD at 0.2, which in turn lose at
SNR 100.""",
    "Strength of the curves, SNR 50": """\
The even mixes without the gamma residue, every TR. What counts is the bolus over the noise: at
4 1/s, as in white matter, all methods err alike in flow, and a truncation at 0.1 loses the
delay.""",
    "Strength of the curves, Tikhonov": """\
Below 1: Tikhonov is closer to the truth. Its evidence needs a bolus to speak; where there is
little of one it smooths too much.""",
    "Beside the textbook": """\
The textbook is this study's own: float64, explicit Toeplitz and block-circulant matrices and their
SVD, every candidate of oSVD tried, and a grid of 600 strengths for Tikhonov. Shown is the worst
ratio of all maps and noise levels, pooled over residues and TR.""",
}

BARS = """\
Tabled figures are read in the even mix of 12 1/s without the gamma residue. This mix was chosen
because the tabled figures come out there; weaker curves err more, as the tables on strength show.
Their limit is 15 % above them. CBV and the textbook are read in the brain mix; the textbook once
over all voxels, and once where there is an answer to compare: in voxels that the quality mask
accepts and, for sSVD, in tissue that does not come before the artery."""

CLOSING = """\
What is missed, and why:

- **Tikhonov's delay, noise-free.** It depends on where between two samples the artery arrives:
  0.07 to 0.12 s at TR 1 s, and 0.16 to 0.47 s at TR 1.5 s, where a few boxes take another corner
  for their edge. The tabled 0.15 s at TR 1.5 s is the favourable end; the study takes the mean of
  four arrivals.
- **oSVD's delay, noise-free, TR 1 s.** The tabled 0.08 s comes out with candidates in steps of
  1 %. With the shipped steps of 5 %, of which 0.05 is the smallest, a noise-free residue is
  smoothed more.
- **sSVD beside its textbook.** The textbook weighs the artery by 1-4-1 everywhere; ours is exact
  for straight pieces. Where sSVD's model holds, that is for delays from 0 s, ours is within the
  bar over all voxels, and its flow, noise-free, is nearer to the truth. Over accepted voxels it
  misses the bar by a point, and it is the bar that is at fault there, not the method: the 1.063 are
  CBF at SNR 20 alone, where the flow of so weak a curve is its noise's highest peak. Both read too
  much, ours +18 %, the textbook's blunter matrix +14 %, because it takes a little more away from
  every flow: -15 against our -13 % without noise. So it loses by 5 and 7 % where flow can be
  measured (RMSE ratio 0.99 at SNR 50, 0.95 at SNR 100, 0.93 noise-free) and wins where two errors
  cancel. The bar stays as it was asked for. Where tissue comes before the artery there is no right
  answer, and the blunter matrix happens to hide more of that.
- **Tikhonov beside its textbook.** Over all voxels it is MTT at SNR 20: where no bolus stands out
  of the noise, flow is close to nothing, a few MTT of hundreds of seconds own the RMSE, and 16
  strengths with a parabola do not find the strength that 600 do. The quality mask rejects these
  voxels.

And what the bars do not say: they compare Tikhonov with oSVD where the bolus is strong. In the
brain mix, whose tissue is weaker, Tikhonov's flow is no nearer to the truth than oSVD's at SNR 100,
and further from it below (the table on the strength of the curves)."""
