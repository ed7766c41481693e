"""What is known of folders on hosts: preserved and put back without a copy."""
