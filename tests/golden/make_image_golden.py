#!/usr/bin/env python3
"""Writes the golden files of tests/test_image.c into the folder image/ beside this script.

NAME               a small synthetic picture in one of the formats and their variants
NAME.WxHxC.png     what it must become as W x H pixels of C channels: turned upright, composited on
                   BACKGROUND (or grey, or RGBA), then torchvision's Resize and CenterCrop as Pillow does them

Pillow both encodes and decodes; what it cannot write (16-bit and interlaced PNG, most kinds of BMP) is
written here from the formats' rules. Needs Python with pillow and numpy:
    python3 -m venv .venv && .venv/bin/pip install pillow numpy
    .venv/bin/python tests/golden/make_image_golden.py
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

FOLDER = Path(__file__).parent / "image"
BACKGROUND = (200, 100, 50)


# ---- Pictures ------------------------------------------------------------------------------------------


def scene(width, height):
    """Gradients, shapes and text: edges, flat areas, saturated colours."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x // max(width - 1, 1)
    green = 255 * y // max(height - 1, 1)
    blue = 128 + (100 * np.sin((x + 2 * y) / 9)).astype(int)
    image = Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.1, height * 0.2, width * 0.45, height * 0.8), fill=(255, 255, 0), outline=(0, 0, 0))
    draw.polygon([(width * 0.6, height * 0.1), (width * 0.9, height * 0.5), (width * 0.5, height * 0.6)], fill=(0, 0, 160))
    draw.text((width * 0.5, height * 0.65), "Rag", fill=(255, 255, 255))
    return image


def with_alpha(image):
    """Opaque at the left, transparent at the right, with holes."""
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    alpha = np.clip(300 - 300 * x / image.width, 0, 255)
    alpha[(x // 7 + y // 5) % 5 == 0] = 0
    rgba = image.convert("RGBA")
    rgba.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return rgba


def deep(image):
    """8 bits to 16, with low bytes that matter to those who round."""
    levels = np.asarray(image).astype(np.uint16)
    return levels * 256 + (levels * 37 + 200) % 256


# ---- Writers of what Pillow cannot write -----------------------------------------------------------------


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_rows(levels):
    big_endian = levels.astype(">u2") if levels.dtype == np.uint16 else levels
    return b"".join(b"\0" + row.tobytes() for row in big_endian)


def write_png(name, levels, interlaced=False):
    levels = levels if levels.ndim == 3 else levels[:, :, None]
    height, width, channels = levels.shape
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8 * levels.itemsize, color_type, 0, 0, int(interlaced))
    if interlaced:
        passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
        parts = [levels[y::dy, x::dx] for y, dy, x, dx in passes]
        rows = b"".join(png_rows(part) for part in parts if part.size)
    else:
        rows = png_rows(levels)
    data = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    (FOLDER / name).write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def write_bmp(name, size, bits, pixels, compression=0, palette=b"", masks=b"", header_size=40, top_down=False):
    width, height = size
    info = struct.pack("<IiiHHIIiiII", header_size, width, -height if top_down else height, 1, bits, compression,
                       len(pixels), 2835, 2835, len(palette) // 4, 0)
    info = (info + masks).ljust(header_size, b"\0")
    start = 14 + len(info) + len(palette)
    file = b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + palette + pixels
    (FOLDER / name).write_bytes(file)


def bmp_rows(rows):
    """Lowest row first, each padded to 4 bytes."""
    return b"".join(row.tobytes() + b"\0" * (-row.nbytes % 4) for row in rows[::-1])


def bmp_palette(image):
    colors = np.array(image.getpalette()[: 3 * 256], dtype=np.uint8).reshape(-1, 3)
    return b"".join(bytes((blue, green, red, 0)) for red, green, blue in colors.tolist())


def rle8(rows):
    """Runs of equal pixels, now and then literal ones; a move over the rest of every ninth row."""
    out = bytearray()
    for number, row in enumerate(rows[::-1].tolist()):
        at = 0
        end = len(row) if number % 9 else len(row) - 4
        while at < end:
            run = 1
            while at + run < end and row[at + run] == row[at] and run < 255:
                run += 1
            if run == 1 and end - at >= 5:
                out += bytes((0, 5, *row[at : at + 5], 0))
                run = 5
            else:
                out += bytes((run, row[at]))
            at += run
        if number % 9 == 0:
            out += bytes((0, 2, 4, 0))
        out += b"\0\0"
    return bytes(out + b"\0\1")


def rle4(rows):
    """Pairs of alternating pixels, and literals."""
    out = bytearray()
    for row in rows[::-1].tolist():
        at = 0
        while at < len(row):
            left = len(row) - at
            if left >= 7 and at % 2 == 0:
                a, b, c, d, e, f, g = row[at : at + 7]
                out += bytes((0, 7, a << 4 | b, c << 4 | d, e << 4 | f, g << 4))
                at += 7
            else:
                pair = row[at : at + 2] + [0]
                out += bytes((min(left, 2), pair[0] << 4 | pair[1]))
                at += min(left, 2)
        out += b"\0\0"
    return bytes(out + b"\0\1")


# ---- Expectations ----------------------------------------------------------------------------------------


def resize_and_crop(image, width, height):
    """Resize(shorter side) and CenterCrop of torchvision's transforms/functional.py; for targets that are
    not square, the side that binds is resized to the target's."""
    w, h = image.size
    if w * height <= h * width:
        size = (width, int(width * h / w))
    else:
        size = (int(height * w / h), height)
    image = image.resize(size, Image.Resampling.BILINEAR)
    top = int(round((size[1] - height) / 2.0))
    left = int(round((size[0] - width) / 2.0))
    return image.crop((left, top, left + width, top + height))


def prepare(image, channels):
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = ImageOps.exif_transpose(image)
    if channels == 4:
        return image.convert("RGBA")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", image.size, BACKGROUND)
        image.paste(rgba, mask=rgba.getchannel("A"))
    return image.convert("RGB") if channels == 3 else image.convert("RGB").convert("L")


def expect(name, fits):
    for width, height, channels in fits:
        with Image.open(FOLDER / name) as image:
            fitted = resize_and_crop(prepare(image, channels), width, height)
            fitted.save(FOLDER / f"{name}.{width}x{height}x{channels}.png", optimize=True)


USUAL = [(24, 24, 3)]
ALL_CHANNELS = [(24, 24, 1), (24, 24, 3), (24, 24, 4)]
MANY = ALL_CHANNELS + [(40, 16, 3), (16, 40, 3), (17, 23, 3), (96, 96, 3), (71, 53, 3)]


def save(name, image, fits=USUAL, **options):
    image.save(FOLDER / name, **options)
    expect(name, fits)


def make_jpeg(photo):
    save("rgb444.jpg", photo, MANY, quality=90, subsampling=0)
    save("rgb420.jpg", photo, quality=85, subsampling=2)
    save("rgb422.jpg", photo, quality=85, subsampling=1)
    save("progressive.jpg", photo, progressive=True)
    save("grey.jpg", photo.convert("L"), ALL_CHANNELS)
    save("cmyk.jpg", photo.convert("CMYK"), ALL_CHANNELS, quality=90)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif.endian = "<" if orientation % 2 else ">"
        exif[0x0112] = orientation
        save(f"orientation{orientation}.jpg", photo, [(20, 24, 3)], exif=exif)


def make_png(photo):
    translucent = with_alpha(photo)
    save("rgb.png", photo, MANY, optimize=True)
    save("rgba.png", translucent, MANY, optimize=True)
    save("grey.png", photo.convert("L"), ALL_CHANNELS, optimize=True)
    save("grey_alpha.png", translucent.convert("LA"), ALL_CHANNELS, optimize=True)
    save("palette.png", photo.quantize(200), optimize=True)
    save("palette16.png", photo.quantize(13), bits=4)
    save("palette_alpha.png", translucent.quantize(60), ALL_CHANNELS)
    save("one_bit.png", photo.convert("1"), ALL_CHANNELS)
    save("transparent_colour.png", photo.quantize(30).convert("RGB"), ALL_CHANNELS, transparency=(0, 0, 160))
    exif = Image.Exif()
    exif[0x0112] = 6
    save("orientation6.png", photo, exif=exif)
    write_png("rgb16.png", deep(photo))
    write_png("rgba16.png", deep(translucent))
    write_png("grey16.png", deep(photo.convert("L")))
    write_png("interlaced.png", np.asarray(translucent), interlaced=True)
    for name in ("rgb16.png", "rgba16.png", "grey16.png", "interlaced.png"):
        expect(name, ALL_CHANNELS)


def make_shapes():
    """Sizes that are hard to resize."""
    save("one_pixel.png", Image.new("RGB", (1, 1), (10, 200, 90)), ALL_CHANNELS)
    save("wide.png", scene(200, 5), [(16, 16, 3), (32, 8, 3)])
    save("tall.png", scene(3, 150), [(16, 16, 3), (8, 32, 3)])
    save("exact.png", scene(24, 24), [(24, 24, 3)])


def make_webp(photo):
    translucent = with_alpha(photo)
    exif = Image.Exif()
    exif[0x0112] = 8
    save("lossy.webp", photo, ALL_CHANNELS, quality=80)
    save("lossless.webp", photo.quantize(30).convert("RGB"), lossless=True)
    save("alpha.webp", translucent, ALL_CHANNELS, quality=80)
    save("orientation8.webp", photo, quality=60, exif=exif)
    save("animated.webp", photo, save_all=True, append_images=[ImageOps.invert(photo)], duration=100, quality=60)


def make_gif(photo):
    save("plain.gif", photo.quantize(64), ALL_CHANNELS)
    save("transparent.gif", with_alpha(photo).quantize(32), ALL_CHANNELS)
    save("flat.gif", photo.quantize(16), interlace=0)
    frames = [ImageOps.invert(photo).quantize(16)]
    save("animated.gif", photo.quantize(16), save_all=True, append_images=frames, duration=100)


def make_tiff(photo):
    exif = Image.Exif()
    exif[0x0112] = 5
    small = photo.resize((40, 30))
    save("rgb.tif", small)
    save("lzw.tif", photo, ALL_CHANNELS, compression="tiff_lzw")
    save("deflate_alpha.tif", with_alpha(photo), ALL_CHANNELS, compression="tiff_adobe_deflate")
    save("palette.tif", photo.quantize(40), compression="tiff_lzw")
    save("one_bit.tif", photo.convert("1"), compression="group4")
    save("grey16.tif", Image.fromarray(deep(small.convert("L"))), ALL_CHANNELS)
    save("orientation5.tif", photo, exif=exif, compression="tiff_lzw")


def make_bmp(photo):
    small = photo.resize((41, 30))
    translucent = with_alpha(small)
    save("rgb24.bmp", small, ALL_CHANNELS)
    save("palette8.bmp", small.quantize(99))
    save("one_bit.bmp", small.convert("1"))
    save("bgrx32.bmp", translucent)

    few = small.quantize(16)
    indices = np.asarray(few)
    padded = np.pad(indices, ((0, 0), (0, 1)))
    nibbles = (padded[:, 0::2] << 4 | padded[:, 1::2]).astype(np.uint8)
    palette = bmp_palette(few)
    write_bmp("palette4.bmp", small.size, 4, bmp_rows(nibbles), palette=palette)
    write_bmp("rle8.bmp", small.size, 8, rle8(indices), compression=1, palette=palette)
    write_bmp("rle4.bmp", small.size, 4, rle4(indices), compression=2, palette=palette)

    rgb = np.asarray(small).astype(np.uint16)
    pixels555 = (rgb[..., 0] >> 3) << 10 | (rgb[..., 1] >> 3) << 5 | rgb[..., 2] >> 3
    pixels565 = (rgb[..., 0] >> 3) << 11 | (rgb[..., 1] >> 2) << 5 | rgb[..., 2] >> 3
    masks565 = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    write_bmp("rgb555.bmp", small.size, 16, bmp_rows(pixels555))
    write_bmp("rgb565.bmp", small.size, 16, bmp_rows(pixels565), compression=3, masks=masks565)
    write_bmp("top_down.bmp", small.size, 16, bmp_rows(pixels555[::-1]), top_down=True)

    bgra = np.asarray(translucent)[..., [2, 1, 0, 3]]
    masks = struct.pack("<IIII", 0xFF0000, 0x00FF00, 0x0000FF, 0xFF000000)
    write_bmp("bgra32.bmp", small.size, 32, bmp_rows(bgra), compression=3, masks=masks, header_size=108)
    for name in ("palette4", "rle8", "rle4", "rgb555", "rgb565", "top_down", "bgra32"):
        expect(f"{name}.bmp", ALL_CHANNELS if name == "bgra32" else USUAL)


def make_tiny():
    """Small enough to try every truncation and every damaged byte."""
    image = scene(12, 9)
    image.save(FOLDER / "tiny.jpg", quality=50)
    image.save(FOLDER / "tiny.png")
    image.save(FOLDER / "tiny.webp", quality=50)
    image.quantize(8).save(FOLDER / "tiny.gif")
    image.save(FOLDER / "tiny.tif", compression="tiff_lzw")
    image.save(FOLDER / "tiny.bmp")


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    photo = scene(71, 53)
    make_jpeg(photo)
    make_png(photo)
    make_shapes()
    make_webp(photo)
    make_gif(photo)
    make_tiff(photo)
    make_bmp(photo)
    make_tiny()
    files = list(FOLDER.iterdir())
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files)} bytes in {FOLDER}")


if __name__ == "__main__":
    main()
