{{ config(materialized='view') }}

{#
    One row per vehicle and expiry month with segment, trade type, target and hold-out as they were
    frozen: what an earlier night archived wins; otherwise they are worked out from what was
    known on ref_on. frozen_on may lie ahead.
#}
with

slots as (

    select
        vin,
        expiry_month,
        freezes_on,
        is_late_entry
    from {{ ref('int_due_slot') }}

),

segments as (

    select * from {{ ref('int_due_segment') }}

),

archived as (

    select * from {{ ref('int_due_universe_archived') }}
    where frozen_on <= _as_of

),

targets as (

    select * from {{ ref('int_segment_target_resolve') }}
    where tier = 'base'

),

combined as (

    select
        segments.vin,
        segments.store_id,
        segments.expiry_month,
        case when archived.vin is null then segments.segment else archived.segment end as segment,
        case when archived.vin is null then segments.trade_type else archived.trade_type end
            as trade_type,
        case when archived.vin is null then targets.target_rate else archived.target_rate end
            as target_rate,
        archived.hold_out as archived_hold_out,
        coalesce(archived.frozen_on, slots.freezes_on) as frozen_on,
        coalesce(archived.frozen_on, slots.freezes_on) <= {{ as_of() }} as is_frozen,
        coalesce(archived.is_late_entry, slots.is_late_entry) as is_late_entry
    from segments
    inner join slots
        on segments.vin = slots.vin and segments.expiry_month = slots.expiry_month
    left join archived
        on
            segments.vin = archived.vin
            and segments.store_id = archived.store_id
            and segments.expiry_month = archived.expiry_month
    left join targets
        on
            segments.store_id = targets.store_id
            and segments.segment = targets.segment
            and segments.expiry_month between targets.effective_from and targets.effective_to

),

shares as (

    select * from {{ ref('int_hold_out_share_monthly') }}

),

-- the same vehicle is held out each year, for as long as the share stays
drawn as (

    select
        combined.* exclude (archived_hold_out) replace (
            cast(combined.target_rate as decimal(9, 4)) as target_rate
        ),
        coalesce(
            combined.archived_hold_out,
            case
                when shares.draw_below is null then 'none'
                when {{ hold_out_draw('combined.vin') }} < shares.gift_below then 'gift'
                when {{ hold_out_draw('combined.vin') }} < shares.draw_below then 'delay'
                else 'none'
            end
        ) as hold_out
    from combined
    left join shares
        on
            combined.store_id = shares.store_id
            and combined.segment = shares.segment
            and combined.expiry_month = shares.expiry_month

)

select * from drawn
