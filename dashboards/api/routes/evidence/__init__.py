"""Routes that answer with the cases behind figures: parts of them, single dossiers and ratings."""
