"""What is known of a call beyond its sequence: its family, its reads, its mature arms."""
