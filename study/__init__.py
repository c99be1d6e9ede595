"""What turns notes and demos into an app: contracts (demo, views, notes), drawing (figures) and the Streamlit shell."""
