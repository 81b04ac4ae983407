"""Maps are saved with their record, and made again from it.

The record holds everything that made the maps; with its scan they come again to the byte on the
same machine. The picture is the difference: nothing.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

import napari_dsc as dsc
from napari_dsc.cli import main as napari_dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        napari_dsc(["phantom", str(folder / "patient")])
        scan = folder / "patient" / "scan.nii.gz"
        one = dsc.analyse(scan, "propose", svd_threshold=0.15)
        one.save(folder / "maps")
        record = folder / "maps" / "record.json"
        napari_dsc(["replay", str(record), str(scan), "--out", str(folder / "again")])
        maps = [
            np.asarray(nib.Nifti1Image.from_filename(folder / where / "scan_cbf.nii.gz").dataobj)
            for where in ("maps", "again")
        ]
    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    axes[0].imshow(maps[0][..., 4].T, origin="lower", cmap="magma", vmax=100)
    axes[0].set_title("CBF (mL/100g/min)")
    same = np.array_equal(maps[0], maps[1], equal_nan=True)
    axes[1].imshow(np.nan_to_num(maps[1] - maps[0])[..., 4].T, origin="lower", cmap="gray")
    axes[1].set_title(f"made again less that: {'the same' if same else 'other values'}")
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
