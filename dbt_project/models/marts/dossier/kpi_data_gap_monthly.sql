with

gaps as (

    select * from {{ ref('fct_data_gap') }}

),

experience as (

    select * from {{ ref('int_renewal_experience') }}

),

parameters as (

    select * from {{ ref('int_renewal_parameter_monthly') }}

),

counted as (

    select
        gaps.store_id,
        gaps.expiry_month,
        gaps.segment,
        gaps.gap,
        case
            when gaps.gap in ('expiry', 'insurer') then 'policy_known'
            when gaps.gap in ('phone', 'wrong_number') then gaps.segment
        end as filled_segment,

        ---------- counts
        count(*) as due_vehicles,
        count(*) filter (where gaps.outcome = 'renewed_here') as renewed_here,
        count(*) filter (where gaps.outcome = 'open') as open
    from gaps
    group by all

),

-- a phone moves a vehicle to those of its segment with one; a policy, to the segment with policies
compared as (

    select
        counted.*,
        case
            when counted.gap in ('phone', 'wrong_number')
                then own.due_vehicles - own.reachable_vehicles
            else own.due_vehicles
        end as own_matured_vehicles,
        case
            when counted.gap in ('phone', 'wrong_number')
                then own.renewed_here - own.reachable_renewed
            else own.renewed_here
        end as own_matured_renewed,
        case
            when counted.gap in ('phone', 'wrong_number') then filled.reachable_vehicles
            else filled.due_vehicles
        end as filled_matured_vehicles,
        case
            when counted.gap in ('phone', 'wrong_number') then filled.reachable_renewed
            else filled.renewed_here
        end as filled_matured_renewed,
        own.margin_vehicles,
        own.margin_amount,
        parameters.gap_least_vehicles
    from counted
    inner join parameters
        on counted.store_id = parameters.store_id and counted.expiry_month = parameters.expiry_month
    left join experience as own
        on
            counted.store_id = own.store_id
            and counted.expiry_month = own.expiry_month
            and counted.segment = own.segment
    left join experience as filled
        on
            counted.store_id = filled.store_id
            and counted.expiry_month = filled.expiry_month
            and counted.filled_segment = filled.segment

),

weighed as (

    select
        * exclude (gap_least_vehicles),
        own_matured_vehicles >= gap_least_vehicles
        and filled_matured_vehicles >= gap_least_vehicles
        and margin_vehicles > 0 as is_worth_known,
        open * (
            filled_matured_renewed * own_matured_vehicles
            - own_matured_renewed * filled_matured_vehicles
        )::hugeint * (margin_amount * 100)::hugeint as worth,
        filled_matured_vehicles * own_matured_vehicles * margin_vehicles::hugeint * 100 as parts
    from compared

),

priced as (

    select
        * exclude (worth, parts, is_worth_known),
        coalesce(is_worth_known, false) as is_worth_known,
        case when is_worth_known then {{ half_up('abs(worth)', 'parts', 2) }} * sign(worth)::integer
        end::decimal(18, 2) as worth_amount
    from weighed

)

select * from priced
