"""All that knows Streamlit: pages, cards, widgets, the link, the session."""
