{#
    One row per store, segment and expiry month in which something is withheld: which places of the
    draw (0 to 9999) get no gift, and below which end those that are called a step later.
#}
with

shares as (

    select * from {{ ref('int_hold_out_resolve') }}
    where share > 0

),

months as (

    select expiry_month from {{ ref('int_month_list') }}
    where is_due_month

),

bounds as (

    select
        shares.store_id,
        shares.segment,
        months.expiry_month,
        coalesce(max(shares.share) filter (where shares.kind = 'gift'), 0) as gift_share,
        coalesce(max(shares.share) filter (where shares.kind = 'delay'), 0) as delay_share
    from months
    inner join shares
        on months.expiry_month between shares.effective_from and shares.effective_to
    group by all

),

numbered as (

    select
        store_id,
        segment,
        expiry_month,
        cast(gift_share * 10000 as integer) as gift_below,
        cast((gift_share + delay_share) * 10000 as integer) as draw_below
    from bounds

)

select * from numbered
