{#
    One row per due vehicle with its years of cover without a claim, back from the expiring one, as known at its
    freeze. They end at a claim, at a year of which nobody tells, and at a gap in the cover.
#}
with

due as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        due.expires_on as due_on,
        due.frozen_on,
        parameters.window_after_days::integer as gap_days
    from {{ ref('int_due_vehicle') }} as due
    inner join {{ ref('int_renewal_parameter_monthly') }} as parameters
        on due.store_id = parameters.store_id and due.expiry_month = parameters.expiry_month

),

years as (

    select * from {{ ref('int_cover_year') }}

),

judged as (

    select
        due.*,
        years.term_id,
        years.cover_starts_on,
        years.expires_on,
        years.expires_on < due.due_on
        and years.next_starts_on > years.expires_on + 1 + due.gap_days as is_gap,
        case
            when years.first_claim_reported_at < due.frozen_on then 'claim'
            when years.next_known_on < due.frozen_on and years.stated_claims > 0 then 'claim'
            when years.next_known_on < due.frozen_on and years.stated_claims = 0 then 'free'
            when years.is_told_by_insurer then 'free'
            else 'unknown'
        end as state
    from due
    inner join years
        on
            due.vin = years.vin
            and due.due_on >= years.expires_on
            and due.frozen_on > years.known_on
    -- an estimated expiry has no cover of its own: nothing is known of the year that ends
    qualify max(years.expires_on) over (
        partition by due.store_id, due.vin, due.expiry_month
    ) = due.due_on

),

followed as (

    select
        *,
        count(*) filter (where is_gap or state <> 'free') over (
            partition by store_id, vin, expiry_month
            order by expires_on desc, term_id desc rows unbounded preceding
        ) as ends
    from judged

),

summed as (

    select
        store_id,
        vin,
        expiry_month,
        min(cover_starts_on) filter (where ends = 0) as claim_free_since_on,
        bool_or(ends = 1 and state = 'claim' and not is_gap) as is_ended_by_claim
    from followed
    group by all

),

counted as (

    select
        due.store_id,
        due.vin,
        due.expiry_month,
        case
            when summed.claim_free_since_on is not null
                then date_sub('year', summed.claim_free_since_on, due.due_on + 1)
            when summed.is_ended_by_claim then 0
        end as claim_free_years,
        summed.claim_free_since_on,
        coalesce(summed.is_ended_by_claim, false) as is_ended_by_claim
    from due
    left join summed
        on
            due.store_id = summed.store_id
            and due.vin = summed.vin
            and due.expiry_month = summed.expiry_month

)

select * from counted
