with

trainings as (

    select * from {{ archive('propensity_training') }}

),

final as (

    select
        as_of,
        training_decision,
        learn_from_month,
        calibrate_from_month,
        hold_out_from_month,
        hold_out_to_month,
        learn_vehicles,
        calibrate_vehicles,
        hold_out_vehicles,
        hold_out_renewed,
        auc,
        brier,
        log_loss,
        segment_rate_auc,
        segment_rate_brier,
        logistic_auc,
        logistic_brier,
        before_as_of,
        before_auc,
        before_brier
    from trainings

)

select * from final
