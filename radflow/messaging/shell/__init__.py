"""What `manage.py hl7` does, a module for each subcommand."""
