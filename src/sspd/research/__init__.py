"""Training and evaluation: recipes, views, losses, datasets, protocols, tables and figures.

The measuring rooms of the package never import it.
"""
