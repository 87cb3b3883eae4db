"""The try-on: what it takes beside MediaPipe and beside decoding alone, and how true its pictures are."""
