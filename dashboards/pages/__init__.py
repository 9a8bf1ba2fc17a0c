"""The Streamlit pages: supervisor, inspector, wallboard and public page. They ask the read API and nothing else."""
