"""Trains recurrent nets and attention to recall a far token."""
