"""Pages for phones: rating a dossier and commenting on a tap. They run no script."""
