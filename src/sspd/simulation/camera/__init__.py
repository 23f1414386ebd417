"""Cameras: what happens to light between the lens and the file, each piece a module.

Measured on fixed places of four real videos, codec included (H.264, 0.15-1.3 Mbit/s), by
``benchmarks/camera_noise.py``: pixel value of green, level of the noise in time at 1 Hz (percent
per sqrt(Hz), one-sided) of green, red less green and blue less green, slope of green's power,
correlation of red with green at 0.5-5 Hz, noise of neighbouring pixels in green (pixel values).

================== ===== ===== ===== ===== ===== ===== ======
place              value green R - G B - G slope R, G  pixels
================== ===== ===== ===== ===== ===== ===== ======
an1, wall right    149   0.033 0.047 0.085 2.1   -0.15 0.17
an1, wall left     107   0.053 0.063 0.080 2.2   0.75  0.07
cap12, wall right  137   0.053 0.077 0.133 1.8   0.17  0.04
cap12, wall left   158   0.089 0.078 0.100 2.7   0.66  0.08
face, wall         110   0.046 0.080 0.075 1.0   -0.36 0.34
mp7, wood          147   0.041 0.036 0.077 2.1   0.16  0.58
mp7, pillow        181   0.025 0.024 0.114 2.3   0.62  0.39
an1, forehead      96    0.087 0.058 0.175 2.2   0.82  0.38
face, forehead     134   0.028 0.030 0.063 1.6   0.93  0.59
face, cheek        87    0.067 0.057 0.128 1.7   0.83  0.63
mp7, forehead      186   0.044 0.039 0.042 2.4   0.67  0.27
mp7, cheek         217   0.045 0.041 0.045 2.5   0.42  0.28
cap12, forehead    105   1.163 0.425 0.742 3.1   0.97  0.49
cap12, cheek       76    1.228 0.742 1.113 2.9   0.93  0.63
================== ===== ===== ===== ===== ===== ===== ======

The head of cap12 moves, and its places with it. Green of the face and of the background correlate
by -0.31 to 0.53 (median 0.18), green of two places of one background by 0.42 to 0.72: most of the
noise is not common to the frame.
"""
