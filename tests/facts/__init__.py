"""What notes state and no demo tells: a module per lesson, a function without arguments per number."""
