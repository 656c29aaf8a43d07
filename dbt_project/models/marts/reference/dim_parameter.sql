{#
    Every number and switch of the parameter seeds as it stands there, with what it means: the place
    to look up what holds where, and since when.
#}
with

numbers as (

    select
        'renewal_parameter' as seed,
        * replace (cast(value as decimal(18, 6)) as value)
    from {{ ref('renewal_parameter') }}
    union all by name
    select
        'target_parameter' as seed,
        * replace (cast(value as decimal(18, 6)) as value)
    from {{ ref('target_parameter') }}
    union all by name
    select
        'offer_parameter' as seed,
        *
    from {{ ref('offer_parameter') }}
    union all by name
    select
        'call_list_parameter' as seed,
        * replace (cast(value as decimal(18, 6)) as value)
    from {{ ref('call_list_parameter') }}
    union all by name
    select
        'offer_switch' as seed,
        store_id,
        switch as parameter,
        cast(is_on as decimal(18, 6)) as value,
        'switch' as unit,
        meaning,
        effective_from,
        effective_to
    from {{ ref('offer_switch') }}

),

final as (

    select
        seed,
        parameter,
        store_id,
        effective_from,
        coalesce(effective_to, date '9999-12-31') as effective_to,
        value,
        unit,
        meaning
    from numbers

)

select * from final
