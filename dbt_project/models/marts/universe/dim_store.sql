with

stores as (

    select * from {{ ref('int_store_list') }}

),

switches as (

    select
        store_id,
        bool_or(is_on) filter (where switch = 'benefits_on_staff_lists') as on_staff_lists,
        bool_or(is_on) filter (where switch = 'benefits_cleared_by_legal') as cleared_by_legal
    from {{ ref('int_offer_switch_resolve') }}
    where {{ as_of() }} between effective_from and effective_to
    group by all

),

switched as (

    select
        stores.store_id,
        stores.store_name,
        stores.city,
        stores.plate_prefixes,
        coalesce(switches.on_staff_lists, false) as benefits_on_staff_lists,
        coalesce(switches.cleared_by_legal, false) as benefits_cleared_by_legal
    from stores
    left join switches using (store_id)

)

select * from switched
