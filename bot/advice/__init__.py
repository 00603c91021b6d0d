"""The domain: what Vejviser knows and how it judges. Plain Python, no framework; both processes use it."""
