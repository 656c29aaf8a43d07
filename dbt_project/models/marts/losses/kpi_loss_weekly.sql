{{ losses_per('week') }}
