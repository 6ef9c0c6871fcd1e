"""Sizes and pixels of image files as Pillow decodes them: read_pixels.py FILE… gives a JSON list, bytes in hex."""
import json, sys
from PIL import Image

images = []
for path in sys.argv[1:]:
    with Image.open(path) as image:
        images.append({"mode": image.mode, "size": image.size, "rgba": image.convert("RGBA").tobytes().hex()})
json.dump(images, sys.stdout)
