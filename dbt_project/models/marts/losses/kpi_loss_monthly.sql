{{ losses_per('month') }}
