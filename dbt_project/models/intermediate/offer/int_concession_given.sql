{#
    One row per renewed_here vehicle with a concession record: the last one given counts; what
    the gifts of the same renewal cost counts inside it. A vehicle without a record has no row:
    unknown, never 0 %.
#}
with

matches as (

    select * from {{ ref('int_offer_match') }}

),

concessions as (

    select * exclude (store_id, vin, given_on) from {{ ref('stg_dms__concession') }}

),

gifts as (

    select
        issue_number,
        cost_amount
    from {{ ref('stg_dms__gift_issue') }}

),

money as (

    select * from {{ ref('int_renewal_money') }}

),

gift_costs as (

    select
        matches.store_id,
        matches.vin,
        matches.expiry_month,
        sum(gifts.cost_amount) as gift_cost_amount
    from matches
    inner join gifts on matches.record_number = gifts.issue_number
    where matches.record_kind = 'gift'
    group by all

),

last_given as (

    select
        matches.store_id,
        matches.vin,
        matches.expiry_month,
        matches.given_on,
        concessions.*,
        count(*) over renewal as concession_records
    from matches
    inner join concessions on matches.record_number = concessions.concession_number
    where matches.record_kind = 'concession'
    window renewal as (partition by matches.store_id, matches.vin, matches.expiry_month)
    qualify row_number() over (
        partition by matches.store_id, matches.vin, matches.expiry_month
        order by matches.given_on desc, concessions.concession_number desc
    ) = 1

),

joined as (

    select
        last_given.store_id,
        last_given.vin,
        last_given.expiry_month,
        last_given.concession_number,
        last_given.concession_records,
        last_given.staff_id,
        last_given.given_on,
        last_given.approver,
        last_given.approved_at,
        cast(last_given.given_rate as decimal(18, 6)) as given_rate,
        last_given.given_amount,
        money.commercial_premium_amount,
        cast(coalesce(gift_costs.gift_cost_amount, 0) as decimal(18, 2)) as gift_cost_amount
    from last_given
    inner join money using (store_id, vin, expiry_month)
    left join gift_costs using (store_id, vin, expiry_month)

),

-- without a commercial premium a gift has no rate: the recorded one stands alone
totalled as (

    select
        *,
        cast(given_amount + gift_cost_amount as decimal(18, 2)) as total_amount,
        cast(
            given_rate + case
                when commercial_premium_amount > 0
                    then {{ half_up(
                        'gift_cost_amount * 100', 'commercial_premium_amount * 100', 6
                    ) }}
                else 0
            end as decimal(18, 6)
        ) as total_rate
    from joined

)

select * from totalled
