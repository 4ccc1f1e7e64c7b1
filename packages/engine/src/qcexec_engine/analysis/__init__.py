"""What is known of a program before it runs, and what of it no count can show."""
