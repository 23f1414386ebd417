"""The person: geometry and drawing of head and face, skin, and the colour of the pulse."""
