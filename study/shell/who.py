"""Whose workbook a session writes in."""

import hashlib

import streamlit as st

from study.classroom import is_class
from study.shell import visitor
from study.shell.session import here
from study.words import Words

LOCAL = "me"  # the one reader of an app that runs on their own machine


def student() -> str:
    """The name that the workbook keeps this reader's things under.

    In a class: of the school's account where they have logged in, else of the browser's cookie; a browser that keeps
    none is somebody else in each session. A hash: who reads the database cannot pass for them.
    """
    if not is_class():
        return LOCAL
    user = st.user.to_dict()
    if user.get("is_logged_in") and user.get("iss") and user.get("sub"):
        return _name("oidc", f"{user['iss']}\0{user['sub']}")
    return _name("class", visitor.token(st.context.cookies) or here().room.visitor)


def _name(kind: str, what: str) -> str:
    return f"{kind}.{hashlib.sha256(what.encode()).hexdigest()[:40]}"


def pseudonym(who: str, words: Words) -> str:
    """A friendly name for a student: the same for the same one, in each language its own."""
    n = int(hashlib.sha256(who.encode()).hexdigest()[:12], 16)
    kinds, animals = words("class.kinds").split(), words("class.animals").split()
    n, kind = divmod(n, len(kinds))
    n, animal = divmod(n, len(animals))
    return words("class.pseudonym", kind=kinds[kind], animal=animals[animal], number=n % 90 + 10)
