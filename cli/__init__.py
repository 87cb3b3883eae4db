"""`backshop`: what people operate backshop with, on a laptop and on AWS."""
