{#
    One row per vehicle and estimated expiry in a due month: an anchor's end rolled to its
    anniversaries, for as long as nothing newer was known by the end of the window. The renewal
    of the estimate itself does not undo it: cover that starts within the window, or later,
    leaves the estimate standing.
#}
with

anchors as (

    select * from {{ ref('int_expiry_anchor') }}

),

months as (

    select
        months.expiry_month,
        parameters.pairing_days,
        cast(parameters.window_before_days as integer) as window_before_days,
        cast(parameters.window_after_days as integer) as window_after_days
    from {{ ref('int_month_list') }} as months
    inner join {{ ref('int_renewal_parameter_monthly') }} as parameters
        on months.expiry_month = parameters.expiry_month
    where
        months.is_due_month
        and parameters.store_id = '*'

),

-- a cover that ends in December starts again in January of the next year
years as (

    select distinct unnest([year(expiry_month), year(expiry_month) + 1]) as start_year
    from months

),

rolled as (

    select
        anchors.*,
        cast(years.start_year - year(anchors.next_starts_on) as integer) as rolls,
        {{ cover_end(
            'anchors.next_starts_on', 'cast(years.start_year - year(anchors.next_starts_on) as integer)'
        ) }} as estimated_on
    from anchors
    cross join years
    where
        years.start_year - year(anchors.next_starts_on) >= anchors.first_roll

),

-- the next known cover settles nearly all of them without a join
open as (

    select
        rolled.*,
        months.* exclude (expiry_month),
        months.expiry_month
    from rolled
    inner join months
        on cast(date_trunc('month', rolled.estimated_on) as date) = months.expiry_month
    where
        rolled.known_on <= rolled.estimated_on
        and (
            rolled.next_anchor_starts_on is null
            or rolled.estimated_on
            <= rolled.next_anchor_starts_on + to_days(months.window_before_days)
            or rolled.next_anchor_known_on > rolled.estimated_on + to_days(months.window_after_days)
        )

),

superseded as (

    select distinct
        open.source_record,
        open.estimated_on
    from open
    inner join anchors as newer on open.vin = newer.vin
    where
        open.source_record <> newer.source_record
        and (
            -- later cover was known by the end of the window
            (
                newer.expires_on > open.expires_on
                and newer.cover_starts_on + to_days(open.window_before_days) < open.estimated_on
                and newer.known_on <= open.estimated_on + to_days(open.window_after_days)
            )
            -- a policy tells the same expiry better
            or (
                newer.basis = 'policy'
                and abs(date_diff('day', newer.expires_on, open.estimated_on))
                <= open.pairing_days
            )
            -- the customer told the same expiry anew
            or (
                newer.basis = 'told'
                and (newer.known_on, newer.source_record) > (open.known_on, open.source_record)
                and newer.known_on <= open.estimated_on + to_days(open.window_after_days)
                and abs(date_diff('day', newer.expires_on, open.estimated_on))
                <= open.pairing_days
            )
        )

),

standing as (

    select open.* from open
    left join superseded
        on
            open.source_record = superseded.source_record
            and open.estimated_on = superseded.estimated_on
    where superseded.source_record is null

)

select * from standing
