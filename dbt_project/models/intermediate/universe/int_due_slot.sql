{#
    One row per vehicle and expiry month in which it is, or was, due: from its policies, else
    estimated. ref_on is the day whose knowledge counts for segment, book and target: the
    freeze, or the day after it entered if later, or as_of while neither has come.
#}
with

terms as (

    select * from {{ ref('int_policy_term') }}

),

estimates as (

    select * from {{ ref('int_due_estimate') }}

),

months as (

    select
        parameters.expiry_month,
        parameters.freeze_on
    from {{ ref('int_month_list') }} as months
    inner join {{ ref('int_renewal_parameter_monthly') }} as parameters
        on months.expiry_month = parameters.expiry_month
    where
        months.is_due_month
        and parameters.store_id = '*'

),

candidates as (

    select
        vin,
        cast(date_trunc('month', expires_on) as date) as expiry_month,
        expires_on,
        'policy' as basis,
        0 as rolls,
        term_id,
        known_on,
        term_id as source_record,
        1 as preference,
        is_cancelled_late as is_second_choice
    from terms

    union all

    select
        vin,
        expiry_month,
        estimated_on as expires_on,
        basis,
        rolls,
        null as term_id,
        known_on,
        source_record,
        case basis when 'told' then 2 when 'cancelled_policy' then 3 when 'policy' then 4 else 5 end
            as preference,
        false as is_second_choice
    from estimates

),

-- a vehicle is due once a month
chosen as (

    select
        candidates.*,
        months.freeze_on
    from candidates
    inner join months on candidates.expiry_month = months.expiry_month
    where candidates.vin is not null
    qualify row_number() over (
        partition by candidates.vin, candidates.expiry_month
        order by
            candidates.preference asc,
            candidates.is_second_choice asc,
            candidates.expires_on desc,
            candidates.known_on desc,
            candidates.source_record asc
    ) = 1

),

dated as (

    select
        * exclude (preference, is_second_choice),
        basis <> 'policy' or rolls > 0 as expiry_is_estimated,
        known_on >= freeze_on as is_late_entry,
        greatest(freeze_on, cast(known_on + interval 1 day as date)) as freezes_on,
        least(greatest(freeze_on, cast(known_on + interval 1 day as date)), {{ as_of() }}) as ref_on
    from chosen

)

select * from dated
