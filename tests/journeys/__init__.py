"""Journeys: what people do, page after page, through the door."""
