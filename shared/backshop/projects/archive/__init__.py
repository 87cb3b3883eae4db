"""Projects completed long ago: their details lie in the bucket, and come back when asked for."""
