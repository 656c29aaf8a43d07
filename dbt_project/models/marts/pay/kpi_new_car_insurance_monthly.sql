with

sales as (

    select
        sale_number,
        store_id,
        upper(trim(vin)) as vin,
        staff_id,
        sold_on,
        date_trunc('month', sold_on)::date as month

    from {{ ref('stg_dms__vehicle_sale') }}

),

parameters as (

    select * from {{ ref('int_new_car_insurance_resolve') }}

),

policies as (

    select
        vin,
        issuing_store_id,
        policy_kind,
        signed_on

    from {{ ref('int_policy_expire') }}
    where cancelled_on is null

),

judged as (

    select
        sales.store_id,
        sales.staff_id,
        sales.month,
        sales.sale_number,
        parameters.target_rate,
        parameters.days_after,
        coalesce(bool_or(policies.vin is not null), false) as is_insured_here,
        coalesce(bool_or(policies.policy_kind = 'commercial'), false) as is_commercial_here

    from sales
    inner join
        parameters
        on
            sales.store_id = parameters.store_id
            and sales.month between parameters.effective_from and parameters.effective_to
    left join
        policies
        on
            sales.vin = policies.vin
            and sales.store_id = policies.issuing_store_id
            and policies.signed_on >= sales.sold_on - parameters.days_before::integer
            and policies.signed_on <= sales.sold_on + parameters.days_after::integer
    group by all

),

counted as (

    select
        store_id,
        staff_id,
        month,
        target_rate,
        days_after,
        count(*) as sold_vehicles,
        count(*) filter (where is_insured_here) as insured_here,
        count(*) filter (where is_commercial_here) as commercial_insured_here

    from judged
    group by all

),

rated as (

    select
        store_id,
        staff_id,
        month,
        sold_vehicles,
        insured_here,
        commercial_insured_here,
        {{ half_up('insured_here', 'sold_vehicles', 6) }} as insurance_rate,
        target_rate,
        ceil(sold_vehicles * target_rate)::bigint as target_vehicles,
        insured_here * 10000 >= (target_rate * 10000)::bigint * sold_vehicles as is_target_reached,
        {{ as_of() }} > last_day(month) + days_after::integer as is_matured

    from counted

),

-- 新车投保排行榜: equal achievements share a place; a sale without a consultant has none
ranked as (

    select
        *,
        case when staff_id is not null then rank() over (
            partition by store_id, month, staff_id is null
            order by insurance_rate desc, insured_here desc
        ) end as store_rank,
        case when staff_id is not null then rank() over (
            partition by month, staff_id is null
            order by insurance_rate desc, insured_here desc
        ) end as group_rank

    from rated

)

select * from ranked
