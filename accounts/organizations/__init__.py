"""Organizations: their members, and who may do what there. The verbs take `actor` first."""
