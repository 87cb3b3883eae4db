"""What generated tests take: as long as they need, for a busy machine is no failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("backshop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("backshop")
