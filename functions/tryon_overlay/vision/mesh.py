"""Numbers of FaceMesh points, by what they outline.

The order is that of the published mesh topology; "right" is the person's right, on the left of an
unmirrored picture.
"""

import numpy as np

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
LIPS_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)  # fmt: skip
LIPS_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)  # fmt: skip
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
RIGHT_IRIS = (469, 470, 471, 472)
LEFT_IRIS = (474, 475, 476, 477)
NOSTRILS = ((98, 97, 2, 94, 19, 44, 45, 220, 115, 48, 64), (327, 326, 2, 94, 19, 274, 275, 440, 344, 278, 294))  # fmt: skip

# Where bare skin is read: the fields of cheek and forehead that hair, beard and glasses cover
# least.
RIGHT_CHEEK = (118, 119, 100, 126, 142, 36, 205, 50)
LEFT_CHEEK = (347, 348, 329, 355, 371, 266, 425, 280)
FOREHEAD = (151, 108, 69, 104, 105, 66, 107, 9, 336, 296, 334, 333, 299, 337)
NOSE = (168, 122, 174, 198, 209, 49, 48, 115, 220, 45, 4, 275, 440, 344, 278, 279, 429, 420, 399, 351)  # fmt: skip
CHIN = (18, 83, 182, 194, 32, 140, 171, 175, 396, 369, 262, 418, 406, 313)

# Where make-up goes: outlines, and strokes from one point to another with their width in
# millimetres.
UNDER_EYES = (
    (111, 117, 118, 119, 120, 121, 128, 245, 233, 232, 231, 230, 229, 228, 31),
    (340, 346, 347, 348, 349, 350, 357, 465, 453, 452, 451, 450, 449, 448, 261),
)
BLUSH = ((205, 116, 9.0), (425, 345, 9.0))
HIGHLIGHTS = ((118, 116, 4.5), (347, 345, 4.5), (6, 5, 2.6), (4, 4, 3.0), (0, 0, 2.2),
              (225, 46, 2.5), (445, 276, 2.5))  # fmt: skip
CONTOURS = ((187, 132, 5.5), (411, 361, 5.5), (136, 58, 4.5), (365, 288, 4.5), (54, 21, 8.0),
            (284, 251, 8.0), (193, 198, 2.4), (417, 420, 2.4))  # fmt: skip

# The parts of a face that expression does not move, and where they lie in the head, in millimetres:
# x to the person's left, y down, z away from the viewer, origin between the eyes. The mean of the
# network's own output on frontal portraits and their mirror images, scaled to pupils 63 mm apart.
RIGID = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 263, 133, 362, 127, 356, 234, 454, 21, 251,
         54, 284, 103, 332, 67, 297)  # fmt: skip
HEAD = np.array([
    (0, -49.5, 8.2), (0, -33.6, 3.4), (0, -16.0, -0.6), (0, -7.3, 0.2), (0, 0, 0), (0, 7.3, -5.0),
    (0, 13.8, -10.5), (0, 19.7, -16.4), (0, 26.1, -22.5), (0, 34.4, -25.6), (-44, 6.4, 22.2),
    (44, 6.4, 22.2), (-17.2, 7.5, 16.5), (17.2, 7.5, 16.5), (-67, 16.1, 70.9), (67, 16.1, 70.9),
    (-66.5, 30.8, 74.5), (66.5, 30.8, 74.5), (-63.6, -14, 49.8), (63.6, -14, 49.8),
    (-58.2, -26.8, 38.6), (58.2, -26.8, 38.6), (-49, -37.4, 26.7), (49, -37.4, 26.7),
    (-34.7, -44.9, 16.1), (34.7, -44.9, 16.1),
])  # fmt: skip
EYE_CORNERS = (33, 263)


def _mirrored() -> tuple[int, ...]:
    """For each point the one on the other side: the mesh numbers the right side and then the
    left."""
    middle = {0, 1, 2, 4, 5, 6, *range(8, 20), 94, 151, 152, 164, 168, 175, 195, 197, 199, 200}
    right = [index for index in range(248) if index not in middle]
    pairs = dict(zip(right, range(248, 468), strict=True)) | {
        468: 473,
        469: 476,
        470: 475,
        471: 474,
        472: 477,
    }
    both = pairs | {left: right for right, left in pairs.items()}
    return tuple(both.get(index, index) for index in range(478))


MIRRORED = _mirrored()
