"""Journeys: what people do, page after page, through HTTP."""
