{% set comings = ['new', 'transferred_in', 'date_moved_in', 'reinstated'] %}
{% set goings = ['sold', 'scrapped', 'cancelled', 'transferred_out', 'date_moved_out', 'merged'] %}

with

compared as (

    select * from {{ ref('int_due_universe_compare') }}

),

counted as (

    select
        store_id,
        expiry_month,
        count(*) filter (where was_in) as opening,
        {%- for movement in comings + goings %}
            count(*) filter (where movement = '{{ movement }}') as {{ movement }},
        {%- endfor %}
        count(*) filter (where is_in) as closing
    from compared
    group by all

),

reconciled as (

    select
        *,
        opening + {{ comings | join(' + ') }}
        - {{ goings | join(' - ') }}
        - closing as residual
    from counted

)

select * from reconciled
